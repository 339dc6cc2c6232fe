"""Rules as data: the YAML files, their loader, their JSON Schemas. The core gets compiled values only."""
