/// What a pod's traffic must do to reach ztunnel: the rules as data, their nftables text, and
/// putting them in place.
@NullMarked
package dev.ambit.e2e.redirect;

import org.jspecify.annotations.NullMarked;
