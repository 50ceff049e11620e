import CModelFormat
import Testing

@testable import CALModel

/// protobuf-c under a memory budget: at whatever allocation it runs out, it says so.
@Suite struct UnpackTests {
  @Test func everyBudgetGivesAMessageOrAnError() throws {
    var draft = ModelDraft()
    draft.extraInStem = Wire.message { $0.data(80, Array("unknown".utf8)) }
    let bytes = draft.bytes()
    let parts = try MessageParts(
      bytes.span.bytes, 0..<bytes.count, as: Schema.model.type, apart: [5, 15], path: "")

    func stages(within memory: Int) -> Int? {
      do throws(ModelError) {
        return try parts.unpacked(as: Schema.model, memory: memory, path: "model") {
          $0.network.pointee.n_stages
        }
      } catch {
        let text = "model: protobuf-c could not unpack it within \(memory) bytes"
        #expect(error == .memory(text))
        return nil
      }
    }
    var enough = 0
    while stages(within: enough) == nil { enough += 1 }
    #expect((500...10_000).contains(enough))
    #expect(stages(within: enough + 1) == 2)
    #expect(stages(within: Limit.unpackMemory) == 2)
  }
}
