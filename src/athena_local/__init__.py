"""Local Athena: Athena's API on this machine, with queries run by the engine Athena is built on."""
