export const handler404 = '404.html';
