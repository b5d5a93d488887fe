export const urlpatterns = [];

export const handler404 = '404.html';
