import type { LambdaEvent } from '../../src/adapters/lambda-handler.ts';

/** As AWS documents what a function URL sends. */
export const FUNCTION_URL: LambdaEvent = event({
  version: '2.0',
  routeKey: '$default',
  rawPath: '/a%2Fb/caf%C3%A9',
  rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=%20',
  cookies: ['cookie1=a', 'cookie2=b'],
  headers: {
    'x-forwarded-for': '192.0.2.7',
    'x-forwarded-port': '443',
    'x-forwarded-proto': 'https',
    host: 'abc.lambda-url.eu-central-1.on.aws',
    'content-type': 'text/plain',
    'content-length': '4',
    header2: 'value1,value2',
  },
  queryStringParameters: { parameter1: 'value1,value2', parameter2: ' ' },
  requestContext: {
    accountId: '123456789012',
    apiId: 'abc',
    authentication: null,
    authorizer: { iam: { accessKey: 'AKIA', accountId: '111122223333', callerId: 'AIDA' } },
    domainName: 'abc.lambda-url.eu-central-1.on.aws',
    domainPrefix: 'abc',
    http: {
      method: 'POST',
      path: '/a/b/café',
      protocol: 'HTTP/1.1',
      sourceIp: '192.0.2.7',
      userAgent: 'agent',
    },
    requestId: 'id',
    routeKey: '$default',
    stage: '$default',
    time: '12/Mar/2020:19:03:58 +0000',
    timeEpoch: 1583348638390,
  },
  body: 'aGkhCg==',
  pathParameters: null,
  isBase64Encoded: true,
  stageVariables: null,
});

/** As AWS documents payload format 2.0 of API Gateway's HTTP APIs, with a stage of its own. */
export const HTTP_API: LambdaEvent = event({
  version: '2.0',
  routeKey: 'GET /{proxy+}',
  rawPath: '/test/caf\u00e9 1',
  rawQueryString: '',
  headers: {
    accept: '*/*',
    'content-length': '0',
    host: 'abc.execute-api.eu-central-1.amazonaws.com',
    'x-amzn-trace-id': 'Root=1-5e6722a7',
    'x-forwarded-for': '2001:db8::7',
    'x-forwarded-port': '443',
    'x-forwarded-proto': 'https',
    'x-name': 'caf\u00e9',
  },
  requestContext: {
    accountId: '123456789012',
    apiId: 'abc',
    domainName: 'abc.execute-api.eu-central-1.amazonaws.com',
    domainPrefix: 'abc',
    http: {
      method: 'GET',
      path: '/test/caf\u00e9 1',
      protocol: 'HTTP/1.1',
      sourceIp: '2001:db8::7',
      userAgent: 'agent',
    },
    requestId: 'JKJaXmPLvHcESHA=',
    routeKey: 'GET /{proxy+}',
    stage: 'test',
    time: '10/Mar/2020:05:16:23 +0000',
    timeEpoch: 1583817383220,
  },
  isBase64Encoded: false,
});

/** What a handler does not look at is there all the same. */
function event(recorded: object): LambdaEvent {
  return recorded as LambdaEvent;
}
