/// Certificates, keys and roots by name: from the control plane, from files, and this process's
/// own.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.xds.secret;
