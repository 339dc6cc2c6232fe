"""Everything that ships inside Lambdas; nothing here imports functions or infra."""
