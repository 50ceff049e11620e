import CALDigest

/// What a commit did, or would do.
public struct CommitReport: Sendable, Equatable {
  public struct Birth: Sendable, Equatable {
    public let id: UInt64
    /// Cached images that were grouped for it, and how many of them it is the answer to now.
    public let images: Int
    public let answered: Int
    /// Images that are different; counted up to four times what is asked for.
    public let founders: Int
    /// From the nearest other group (`Separation`); infinity if there is no other, and for one
    /// that an examiner asked for.
    public let separation: Double
    /// The prototype whose images are nearest, if one has images.
    public let nearest: UInt64?
    /// Keys of some of its images, those nearest to its direction first.
    public let examples: [Digest]
    /// Given by an examiner who labelled its images; else empty.
    public let name: String
  }

  public struct Retirement: Sendable, Equatable {
    public let id: UInt64
    public let mergedInto: UInt64
    /// Because an examiner said so; else because nothing uses it.
    public let isLabelled: Bool
  }

  /// A group of images that is no new method, and why.
  public struct Rejection: Sendable, Equatable {
    public let images: Int
    public let founders: Int
    /// "small", "scattered", "absorbed" (docs/UPDATES.md), or "unused": its prototype was the
    /// answer to too few of its own images.
    public let reason: String
    public let separation: Double
    public let nearest: UInt64?
  }

  public struct Rename: Sendable, Equatable {
    public let id: UInt64
    public let from: String
    public let to: String
  }

  /// A novel prototype whose direction changed.
  public struct Move: Sendable, Equatable {
    public let id: UInt64
    /// Of the old and the new direction.
    public let cosine: Double
  }

  public struct Usage: Sendable, Equatable {
    public let id: UInt64
    public let images: UInt64
  }

  /// Answers on images whose method is known.
  public struct KnownAnswers: Sendable, Equatable {
    public enum Source: String, Sendable {
      /// The model's stored calibration images: right answers.
      case calibration
      /// There are none: images that a known prototype explained, with the same answer.
      case samples
    }

    public var source: Source
    public var images = 0
    public var before = 0
    public var after = 0
  }

  /// Of the bank it began with, and of the new one.
  public internal(set) var fromEpoch: UInt64 = 0
  public internal(set) var epoch: UInt64 = 0
  public internal(set) var parent: Digest
  /// Images observed since the last commit.
  public internal(set) var seen: UInt64 = 0
  public internal(set) var unexplained: UInt64 = 0
  public internal(set) var born: [Birth] = []
  public internal(set) var retired: [Retirement] = []
  public internal(set) var renamed: [Rename] = []
  public internal(set) var moved: [Move] = []
  public internal(set) var rejected: [Rejection] = []
  /// Images counted for each prototype in use, over its life.
  public internal(set) var usage: [Usage] = []
  /// Images of each prototype that an examiner labelled.
  public internal(set) var labelled: [Usage] = []
  public internal(set) var known: KnownAnswers
  /// Prototypes in use: the estimated number of methods.
  public internal(set) var methods = 0
}
