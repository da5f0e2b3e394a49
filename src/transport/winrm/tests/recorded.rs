//! Exchanges that others recorded from real Windows hosts. They are no part of this project: the folder
//! is named by `MDC_WINRM_FIXTURES`.
