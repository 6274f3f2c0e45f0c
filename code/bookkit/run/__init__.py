"""From the sources to the site: pages are executed, kept, and handed on."""
