"""What the project holds itself to. A package by name: some distributions install a `tests` of their own, which would win over a mere folder."""
