/// Code and configuration of others in a proxy: read to say that it does not run here, and so that
/// what was to keep traffic out still does.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.resource.extend;
