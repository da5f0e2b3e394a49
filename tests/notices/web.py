# A web server that writes down what it is asked, one JSON object a line. Arguments: FILE MODE; MODE is
# an HTTP status, or `hang`.
import json, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

path, mode = sys.argv[1], sys.argv[2]


class Asked(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
        asked = {"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body}
        with open(path, "a") as file:
            print(json.dumps(asked), file=file)
        if mode == "hang":
            time.sleep(60)
        secrets = [self.headers.get("authorization", ""), self.path]
        self.send_response(int(mode))
        if mode == "302":
            self.send_header("location", "/elsewhere")
        self.end_headers()
        self.wfile.write(("taken " + " ".join(secrets)).encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
print(server.server_port, flush=True)
server.serve_forever()
