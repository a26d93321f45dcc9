using System.Runtime.InteropServices;

namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>
/// Shows the last observations together, oldest first, so that motion can be seen. Vectors are put one after the other, grids along their
/// channels. At the start of an episode the first observation fills all places (Mnih et al. 2015; padding as in Gymnasium).
/// </summary>
/// <param name="inner">The environment.</param>
/// <param name="count">Observations shown at once.</param>
public sealed class FrameStack(IEnvironment inner, int count) : IEnvironment
{
    private readonly float[] latest = new float[inner.Spec.Observation.Size];
    private readonly float[] stacked = new float[inner.Spec.Observation.Size * count];

    // Values of one frame that lie together: the channels of a grid's cell, or the whole vector.
    private readonly int run = inner.Spec.Observation.Shape[^1];

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = inner.Spec with
    {
        Observation = new Box(
            [.. inner.Spec.Observation.Shape[..^1], inner.Spec.Observation.Shape[^1] * count],
            Repeated(inner.Spec.Observation.Low, inner.Spec.Observation.Shape[^1], count),
            Repeated(inner.Spec.Observation.High, inner.Spec.Observation.Shape[^1], count)),
        Goal = null,
        Maps = [.. inner.Spec.Maps.Select(map => Stacked(map, inner.Spec.Observation, count))],
        Table = null,
    };

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        inner.Reset(rng, latest);
        for (var place = 0; place < count; place++)
            Put(place);
        stacked.CopyTo(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var result = inner.Step(action, latest);
        for (var start = 0; start < stacked.Length; start += run * count)
            stacked.AsSpan(start + run, run * (count - 1)).CopyTo(stacked.AsSpan(start));
        Put(count - 1);
        stacked.CopyTo(observation);
        return result;
    }

    /// <inheritdoc/>
    public void Announce(ReadOnlySpan<float> action) => inner.Announce(action);

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        inner.Save(writer);
        writer.Write(MemoryMarshal.AsBytes(stacked.AsSpan()));
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        inner.Load(reader, rng);
        reader.ReadExactly(MemoryMarshal.AsBytes(stacked.AsSpan()));
    }

    /// <inheritdoc/>
    public Scene? Render() => inner.Render();

    /// <inheritdoc/>
    public GoalPlaces? Places => inner.Places;

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation)
    {
        inner.Want(x, y, latest);
        Put(count - 1);
        // Earlier frames show the goal as if it had always been wanted: a learner never saw two goals at once.
        if (inner.Spec.Goal is { } layout)
            for (var place = 0; place < count - 1; place++)
                layout.Wanted(latest).CopyTo(stacked.AsSpan(place * run + layout.StateSize));
        stacked.CopyTo(observation);
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private void Put(int place) => Put(latest, place, run, count, stacked);

    private static void Put(ReadOnlySpan<float> frame, int place, int run, int count, Span<float> stacked)
    {
        for (int from = 0, to = place * run; from < frame.Length; from += run, to += run * count)
            frame.Slice(from, run).CopyTo(stacked[to..]);
    }

    // What was before the episode's start is shown as its first observation.
    private static StateMap Stacked(StateMap map, Box observation, int count) => map with
    {
        Components = null,
        Observe = (x, y, stepsAgo, stacked) =>
        {
            var frame = new float[observation.Size];
            Array.Fill(frame, float.NaN);
            if (!map.Observe(x, y, stepsAgo, frame))
                return false;
            for (var place = count - 1; place >= 0; place--)
            {
                var earlier = new float[observation.Size];
                Array.Fill(earlier, float.NaN);
                if (map.Observe(x, y, stepsAgo + count - 1 - place, earlier))
                    frame = earlier;
                Put(frame, place, observation.Shape[^1], count, stacked);
            }
            return true;
        },
    };

    private static float[] Repeated(float[] bounds, int run, int count) =>
        [.. bounds.Chunk(run).SelectMany(cell => Enumerable.Repeat(cell, count).SelectMany(values => values))];
}
