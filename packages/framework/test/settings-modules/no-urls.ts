export const ROOT_URLCONF = 'myproject.nowhere';
