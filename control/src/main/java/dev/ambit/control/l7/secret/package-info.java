/// Secrets that waypoints use and the control plane hands out (SDS over ADS).
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.secret;
