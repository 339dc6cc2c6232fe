"""Parquet written and read in process. The engine sees local files only; bytes are moved by an object store."""
