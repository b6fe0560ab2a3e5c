//! Port forwarding and interactive sessions through AWS Systems Manager Session Manager.
