// Pages opened from the disk cannot read one another, so their search goes without excerpts, and
// says so.
/* global DOCUMENTATION_OPTIONS */
"use strict";

if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  document.addEventListener("DOMContentLoaded", () => {
    const line = document.createElement("p");
    line.textContent =
      "These pages were opened from the disk: the search lists titles, without excerpts.";
    document.getElementById("search-results")?.before(line);
  });
}
