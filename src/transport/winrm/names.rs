//! The namespaces and addresses of the protocol.

/// Resource: a shell with `cmd`.
pub(super) const CMD: &str = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd";
/// Resource: the service's settings.
pub(super) const CONFIG: &str = "http://schemas.microsoft.com/wbem/wsman/1/config";
/// What actions on shells begin with.
pub(super) const ACTION_SHELL: &str = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/";
/// What actions on resources begin with.
pub(super) const ACTION_TRANSFER: &str = "http://schemas.xmlsoap.org/ws/2004/09/transfer/";
/// Namespace of SOAP 1.2.
pub(super) const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";
/// Namespace of WS-Addressing.
pub(super) const ADDRESSING: &str = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
/// Namespace of shells.
pub(super) const SHELL: &str = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";
/// Namespace of faults.
pub(super) const FAULT: &str = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault";
