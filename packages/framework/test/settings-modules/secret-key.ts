export const SECRET_KEY = process.env['TEST_SECRET_KEY'] ?? '';
