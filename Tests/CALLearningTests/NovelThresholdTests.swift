import Testing

@testable import CALLearning

@Suite struct NovelThresholdTests {
  private func next(
    _ recipe: Recipe, known: (Double, UInt64), novel: (Double, UInt64), current: Double? = nil
  ) throws -> Double {
    var settings = ObjectiveSettings()
    settings.recipe = recipe
    settings.novelThreshold = current
    var confidence = Confidence()
    (confidence.sumKnown, confidence.countKnown) = known
    (confidence.sumNovel, confidence.countNovel) = novel
    return try settings.nextNovelThreshold(confidence)
  }

  @Test func scalesGamma() throws {
    for recipe in Recipe.allCases {
      let found = try next(recipe, known: (8, 10), novel: (12, 20))
      #expect(abs(found - 0.9 * 0.75) < 1e-12)
    }
  }

  /// rho_k .55, rho_n .70: the published threshold is 1.145, which nothing reaches.
  @Test func defaultNeverExceedsGamma() throws {
    #expect(abs(try next(.paper, known: (5.5, 10), novel: (7, 10)) - 0.9 * 0.7 / 0.55) < 1e-12)
    #expect(try next(.default, known: (5.5, 10), novel: (7, 10)) == 0.9)
    #expect(abs(try next(.paper, known: (0.01, 1), novel: (1, 1)) - 9) < 1e-12)
  }

  @Test func floors() throws {
    for recipe in Recipe.allCases {
      #expect(abs(try next(recipe, known: (1, 1), novel: (0.01, 1)) - 0.09) < 1e-12)
    }
    var settings = ObjectiveSettings()
    settings.thresholdFloor = 0.4
    var confidence = Confidence()
    confidence.add(1, isKnown: true)
    confidence.add(0.2, isKnown: false)
    #expect(try settings.nextNovelThreshold(confidence) == 0.4)
    settings.recipe = .paper
    #expect(abs(try settings.nextNovelThreshold(confidence) - 0.18) < 1e-12)
  }

  @Test func staysWithoutBothKinds() throws {
    #expect(try next(.paper, known: (3, 4), novel: (0, 0), current: 0.35) == 0.35)
    #expect(try next(.paper, known: (0, 0), novel: (3, 4), current: 1.2) == 1.2)
    #expect(try next(.paper, known: (0, 0), novel: (0, 0)) == 0)
    #expect(try next(.default, known: (0, 0), novel: (3, 4), current: 1.2) == 0.9)
    #expect(try next(.default, known: (0, 0), novel: (0, 0)) == 0.9)
  }

  @Test func badSumsAreNamed() {
    let cases: [((Double, UInt64), String)] = [
      ((-1, 2), "sum_known is -1.0"), ((.nan, 2), "sum_known is nan"),
      ((0, 2), "sum_known is 0, but count_known is 2"),
    ]
    for (known, word) in cases {
      #expect { try next(.paper, known: known, novel: (1, 1)) } throws: { error in
        "\(error)".contains(word)
      }
    }
  }
}
