export const ROOT_URLCONF = 'sample.nowhere';
