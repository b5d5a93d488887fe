#!/usr/bin/env -S node --enable-source-maps
import '@wsgi/wsgi/cgi-command';
