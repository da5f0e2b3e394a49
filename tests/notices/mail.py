# A mail server of aiosmtpd that writes down what it takes, one JSON object a line.
# Arguments: FILE MODE [CERTIFICATE KEY]; MODE is a comma-separated list of starttls, tls, auth, refuse.
import asyncio, email, email.policy, json, ssl, sys

from aiosmtpd.smtp import SMTP, AuthResult

path, mode = sys.argv[1], sys.argv[2].split(",")


class Taken:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if "refuse" in mode:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        taken = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": message["subject"],
            "id": message["message-id"],
            "auto": message["auto-submitted"],
            "text": message.get_content(),
            "encrypted": session.ssl is not None or "tls" in mode,
            "login": session.auth_data.login.decode() if session.auth_data else None,
        }
        with open(path, "a") as file:
            print(json.dumps(taken), file=file)
        return "250 taken as 4711"


def login(server, session, envelope, mechanism, data):
    # `handled`: whether the answer was sent already.
    known = data.login == b"mdc" and data.password == b"canary-s3cret"
    return AuthResult(success=known, handled=False, auth_data=data)


async def main():
    context = None
    if len(sys.argv) > 3:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
    loop = asyncio.get_running_loop()

    def server():
        return SMTP(
            Taken(),
            hostname="localhost",
            tls_context=context if "starttls" in mode else None,
            require_starttls="starttls" in mode,
            authenticator=login if "auth" in mode else None,
            auth_required="auth" in mode,
            auth_require_tls=False,
        )

    listening = await loop.create_server(
        server, "127.0.0.1", 0, ssl=context if "tls" in mode else None
    )
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


asyncio.run(main())
