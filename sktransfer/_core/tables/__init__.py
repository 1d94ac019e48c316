"""Tables of files: lines, kinds, columns, ids."""
