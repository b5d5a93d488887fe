// For Fastify and Express, which have no templates: cheaper than any engine that they are used with.
import escape from 'escape-html';

export function page(customers) {
  return `<!doctype html>
      <html lang="en">
        <title>Customers</title>
        <table>
          ${customers.map(row).join('')}
        </table>
      </html>`;
}

function row({ id, name, note }) {
  return `<tr>
    <td>${id}</td>
    <td>${escape(name)}</td>
    <td>${escape(note)}</td>
  </tr>`;
}
