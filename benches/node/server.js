// The smallest server with the vendor's library: verifies, decrypts, answers; keeps nothing.
const http = require('http');
const { getSignature, decrypt } = require('@wecom/crypto');
const [, , token, key] = process.argv;

const server = http.createServer((request, response) => {
  const query = new URL(request.url, 'http://bridge').searchParams;
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts).toString();
    const from = body.indexOf('<Encrypt><![CDATA[') + 18;
    const encrypted = body.slice(from, body.indexOf(']]>', from));
    const wanted = getSignature(token, query.get('timestamp'), query.get('nonce'), encrypted);
    if (wanted !== query.get('msg_signature')) {
      response.writeHead(403);
      return response.end();
    }
    const { message } = decrypt(key, encrypted);
    const kind = /<MsgType><!\[CDATA\[(.*?)\]\]>/.exec(message);
    response.writeHead(kind ? 200 : 400, { 'Content-Length': 0 });
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
