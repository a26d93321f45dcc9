using IntrinsicLab.Core.Optimizers;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Optimiser states in checkpoints.</summary>
internal static class OptimizerCheckpoint
{
    public static void Write(this CheckpointWriter writer, OptimizerState state)
    {
        writer.Write(state.Steps);
        foreach (var slot in state.Slots)
            writer.WriteTensor(slot);
    }

    public static void ReadInto(this CheckpointReader reader, OptimizerState state)
    {
        state.Steps = reader.ReadInt64();
        foreach (var slot in state.Slots)
            reader.ReadInto(slot);
    }
}
