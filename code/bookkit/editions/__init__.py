"""What a reader of an edition gets: pages, notebooks and the published branch."""
