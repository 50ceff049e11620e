/// From the last map, or from the statistics of all, to the features.
extension Compiler {
  /// Un-normalised DCT, mask, inverse DCT, sigmoid, pooling (paper section 3; DESIGN.md). The
  /// mean over colours is taken before the inverse transform, which is linear.
  mutating func frequencyGate(
    _ input: SlotID, side: Int, _ source: (Parameter) -> TensorValues
  ) throws(NetworkError) -> SlotID? {
    guard let ffe = spec.ffe else { return nil }
    let size = spec.inputSize
    guard let tables = CosineTables(length: size) else { throw .memory }
    func planes(_ count: Int) -> Planes {
      Planes(slot: plan.slot(Planes.count(size: size, planes: count), persistent: true), size: size)
    }
    let columns = planes(3)
    let spectrum = planes(3)
    let masked = planes(1)
    let half = planes(1)
    let picture = planes(1)

    func transform(_ from: Planes, _ to: Planes, _ count: Int, input: SlotID? = nil, inverse: Bool)
    {
      let step = CosineStep(
        tables: tables, inverse: inverse, input: input, source: from, target: to, count: count)
      plan.add(.cosine(step), touching: [input ?? from.slot, to.slot])
    }
    transform(columns, columns, 3, input: input, inverse: false)
    transform(columns, spectrum, 3, inverse: false)
    let mask = MaskStep(
      source: spectrum, target: masked, hidden: ffe.hiddenChannels,
      weights: try maskWeights(ffe, source))
    plan.add(.mask(mask), touching: [spectrum.slot, masked.slot])
    transform(masked, half, 1, inverse: true)
    transform(half, picture, 1, inverse: true)

    let shape = GateShape(size: size, grid: ffe.grid, mapSide: side)
    let pooled = plan.slot(shape.grid * shape.grid)
    let gate = plan.slot(shape.positions)
    let step = GateStep(shape: shape, source: picture, pooled: pooled, output: gate)
    plan.add(.gate(step), touching: [picture.slot, pooled, gate])
    return gate
  }

  private func maskWeights(_ ffe: NetworkSpec.FFE, _ source: (Parameter) -> TensorValues)
    throws(NetworkError) -> FloatMemory
  {
    let parts = [
      try reader.values("ffe.0.weight", source).array,
      try reader.values("ffe.0.bias", source).array,
      try reader.values("ffe.2.weight", source).array,
      try reader.values("ffe.2.bias", source).array,
    ]
    guard let memory = FloatMemory(count: parts.reduce(0) { $0 + $1.count }) else { throw .memory }
    var at = 0
    for part in parts {
      for value in part {
        memory.base[at] = value
        at += 1
      }
    }
    return memory
  }

  mutating func pool(
    _ map: Map, _ gate: SlotID?, _ neck: (scale: [Float], shift: [Float])
  ) throws(NetworkError) -> SlotID {
    guard let memory = FloatMemory(count: 2 * map.padded) else { throw .memory }
    for c in 0..<map.channels {
      memory.base[c] = neck.scale[c]
      memory.base[map.padded + c] = neck.shift[c]
    }
    let features = plan.slot(map.padded)
    let step = PoolStep(map: map, gate: gate, features: features, neck: memory)
    plan.add(.pool(step), touching: [map.slot, features] + (gate.map { [$0] } ?? []))
    if spec.neck.isUnit { addUnit(features) }
    return features
  }

  private mutating func addUnit(_ features: SlotID) {
    let unit = UnitStep(channels: spec.featureCount, features: features)
    plan.add(.unit(unit), touching: [features])
  }

  mutating func project(
    _ statistics: SlotID, _ projection: StatisticsProjection
  ) -> SlotID {
    let features = plan.slot(spec.featureCount)
    let step = ProjectionStep(
      projection: projection, statistics: statistics, features: features)
    plan.add(.projection(step), touching: [statistics, features])
    addUnit(features)
    return features
  }
}
