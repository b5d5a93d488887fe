import { describeConformance } from '../../wsgi/conformance.ts';
import { serve } from './serve.ts';

describeConformance('the gateway', serve);
