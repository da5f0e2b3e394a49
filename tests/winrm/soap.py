"""Requests and answers of WS-Management, as far as shells need them (MS-WSMV, 3.1.4)."""

import uuid
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

S = "{http://www.w3.org/2003/05/soap-envelope}"
A = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"
W = "{http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd}"
P = "{http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd}"
R = "{http://schemas.microsoft.com/wbem/wsman/1/windows/shell}"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer/"


class Request:
    def __init__(self, text):
        root = ET.fromstring(text)
        header = root.find(f"{S}Header")
        self.body = root.find(f"{S}Body")
        self.action = header.findtext(f"{A}Action").strip()
        self.name = self.action.rsplit("/", 1)[1]
        self.id = header.findtext(f"{A}MessageID").strip()
        self.resource = (header.findtext(f"{W}ResourceURI") or "").strip()
        self.session = header.findtext(f"{P}SessionId")
        self.timeout = seconds(header.findtext(f"{W}OperationTimeout") or "PT60S")
        self.largest = int(header.findtext(f"{W}MaxEnvelopeSize") or 153600)
        self.options = {it.get("Name"): it.text for it in header.iter(f"{W}Option")}
        selector = header.find(f"{W}SelectorSet/{W}Selector[@Name='ShellId']")
        self.shell = None if selector is None else selector.text.strip()


def seconds(text):
    """`PT20S`, `PT0.500S`, `PT1M`."""
    text = text.strip().removeprefix("PT")
    minutes, _, rest = text.rpartition("M")
    return float(minutes or 0) * 60 + float(rest.removesuffix("S") or 0)


def reply(request, body, action=None):
    action = action or request.action + "Response"
    return (f'<s:Envelope xml:lang="en-US" xmlns:s="{S[1:-1]}" xmlns:a="{A[1:-1]}" xmlns:w="{W[1:-1]}" '
            f'xmlns:p="{P[1:-1]}" xmlns:rsp="{SHELL}" xmlns:x="{TRANSFER[:-1]}"><s:Header>'
            f"<a:Action>{action}</a:Action><a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>"
            "<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
            f"<a:RelatesTo>{request.id}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>")


def fault(request, code, subcode, text):
    body = (f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:{subcode}</s:Value>"
            f'</s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">{escape(text)}</s:Text></s:Reason>'
            '<s:Detail><f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" '
            f'Code="{code}" Machine="stand-in"><f:Message>{escape(text)}</f:Message></f:WSManFault>'
            "</s:Detail></s:Fault>")
    return 500, reply(request, body, "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault")
