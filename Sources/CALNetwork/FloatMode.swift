import CKernels

/// How a thread rounds, and whether it takes denormals for 0. The bits of every sum depend on it, so
/// all that is computed here is computed in one mode, the default.
package struct FloatMode {
  /// What the processor's register held.
  package let bits: UInt64

  package init(bits: UInt64) { self.bits = bits }

  package var isDefault: Bool { calk_float_is_default(bits) != 0 }

  /// Sets the default on the calling thread, and gives the mode that was.
  @discardableResult package static func setDefault() -> FloatMode {
    FloatMode(bits: calk_float_default())
  }

  /// Sets this one on the calling thread.
  package func restore() { calk_float_restore(bits) }
}
