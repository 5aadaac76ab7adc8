"""What authors of an assignment run: stubs, releases, audits, mutants, calibrations, a new assignment's skeleton."""
