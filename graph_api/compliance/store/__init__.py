"""The only code that runs statements of compliance: gathering, the records, and their charts."""
