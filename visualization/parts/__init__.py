"""Parts of the page, one a file: each is a component that is given the page's `Laboratory`."""
