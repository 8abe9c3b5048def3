"""Takes documents in: reads them, gives them an id and a version, and lays them on the belt."""
