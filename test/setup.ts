// Before each of your test files: what they run with.
process.env['SETTINGS_MODULE'] ??= 'myproject.settings';
