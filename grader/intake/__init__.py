"""What is handed in: from a download folder, an archive, a notebook in whatever state, to the files that answer."""
