import { allowMethods, html, htmlResponse, jsonResponse, path } from '@wsgi/framework';
import { CUSTOMERS, totalOf } from './customers.mjs';

async function order(request) {
  return jsonResponse(totalOf(await request.json()));
}

function customers() {
  return htmlResponse(
    html`<!doctype html>
      <html lang="en">
        <title>Customers</title>
        <table>
          ${CUSTOMERS.map(row)}
        </table>
      </html>`,
  );
}

function row({ id, name, note }) {
  return html`<tr>
    <td>${id}</td>
    <td>${name}</td>
    <td>${note}</td>
  </tr>`;
}

async function photo(request) {
  const form = await request.form();
  const { name, size } = form.file('photo');
  return jsonResponse({ name, size });
}

export const urlpatterns = [
  path('orders/', allowMethods(['POST'], order)),
  path('customers/', customers),
  path('photos/', allowMethods(['POST'], photo)),
];
