import CALLearning

extension TrainingState {
  /// What the objective is told of an image with this label, nil: none.
  func knowledge(of image: Int, label: Int?) -> (tag: Int32, target: Int32) {
    if let label { return (ObjectiveBatch.labelled, Int32(label)) }
    guard !pseudoLabels.isEmpty, pseudoLabels[image] >= 0 else {
      return (ObjectiveBatch.unlabelled, 0)
    }
    return (ObjectiveBatch.pseudoLabelled, pseudoLabels[image])
  }

  /// Takes over what was discovered: pseudo-labels, and a prototype for each cluster.
  ///
  /// A cluster that has most of its images in common with a novel prototype of the discovery
  /// before keeps it, with its moments. Others begin at the mean of their images' features, with
  /// the mean length of the known prototypes and no momentum, but with the known ones' second
  /// moments, since without any the first updates would be many times the learning rate.
  mutating func take(
    _ found: Discovery, _ descriptors: Descriptors, predictions: [Int: Int], imageCount: Int,
    _ options: TrainingOptions
  ) {
    let rows = HeadRows(self, options)
    let kept =
      pseudoLabels.isEmpty
      ? [:] : matches(found, descriptors.images, predictions, known: options.known)
    let length = rows.meanLength(options.known)
    let square = rows.meanSquare(options.known)
    var (head, mean, squares) = ([Float](), [Float](), [Float]())
    for cluster in 0..<found.count {
      if let old = cluster < options.known ? cluster : kept[cluster] {
        head += rows.row(old, of: learner.parameters)
        mean += rows.row(old, of: learner.mean)
        squares += rows.row(old, of: learner.square)
        continue
      }
      let members = found.clusters.indices.filter { found.clusters[$0] == cluster }
      head += descriptors.centre(members, length: length)
      mean += Array(repeating: 0, count: rows.width)
      squares += square
    }
    learner.parameters.replaceSubrange(rows.start..., with: head)
    learner.mean.replaceSubrange(rows.start..., with: mean)
    learner.square.replaceSubrange(rows.start..., with: squares)
    prototypes = found.count
    pseudoLabels = Array(repeating: -1, count: imageCount)
    for (image, label) in zip(descriptors.images, found.pseudoLabels) {
      pseudoLabels[image] = label
    }
  }

  /// The novel prototype of each novel cluster that shares at least half of its images with it.
  private func matches(
    _ found: Discovery, _ images: [Int], _ predictions: [Int: Int], known: Int
  ) -> [Int: Int] {
    var common = Array(
      repeating: Array(repeating: 0, count: max(prototypes - known, 0)), count: found.count - known)
    var sizes = Array(repeating: 0, count: found.count - known)
    for (image, cluster) in zip(images, found.clusters) where cluster >= known {
      sizes[cluster - known] += 1
      if let prediction = predictions[image], prediction >= known {
        common[cluster - known][prediction - known] += 1
      }
    }
    var kept: [Int: Int] = [:]
    let partners = bestMatching(common)
    for (cluster, partner) in partners.enumerated() where partner >= 0 {
      if 2 * common[cluster][partner] >= sizes[cluster] { kept[known + cluster] = known + partner }
    }
    return kept
  }
}

/// Where the prototypes are in a learner's flat vectors.
private struct HeadRows {
  let start: Int
  let width: Int
  private let learner: Learner.State

  init(_ state: TrainingState, _ options: TrainingOptions) {
    width = options.spec.featureCount
    start = state.learner.parameters.count - state.prototypes * width
    learner = state.learner
  }

  func row(_ index: Int, of vector: [Float]) -> ArraySlice<Float> {
    vector[start + index * width..<start + (index + 1) * width]
  }

  /// 1 if there are no known prototypes.
  func meanLength(_ known: Int) -> Double {
    guard known > 0 else { return 1 }
    let lengths = (0..<known).map { index in
      row(index, of: learner.parameters).reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    return lengths.reduce(0, +) / Double(known)
  }

  func meanSquare(_ known: Int) -> [Float] {
    guard known > 0 else { return Array(repeating: 0, count: width) }
    var sum = Array(repeating: Float(0), count: width)
    for index in 0..<known {
      for (c, value) in row(index, of: learner.square).enumerated() { sum[c] += value }
    }
    return sum.map { $0 / Float(known) }
  }
}
