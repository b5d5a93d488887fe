import express from 'express';
import { nodeHandler } from '@wsgi/wsgi/adapters/node-handler';
import { application } from './dist/myproject/wsgi.js';

const app = express();

app.use('/shop', nodeHandler(application, { scriptName: '/shop' }));

app.listen(process.env.PORT ?? 8000);
