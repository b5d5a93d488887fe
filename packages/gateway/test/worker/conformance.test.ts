import { describeConformance } from '../../../wsgi/test/conformance.ts';
import { serve } from './serve.ts';

describeConformance('the gateway', serve);
