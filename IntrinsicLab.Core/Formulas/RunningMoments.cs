using System.Numerics;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Mean and population variance of everything seen so far, per component, in double precision. Batches are merged by the parallel rule
/// of Chan, Golub and LeVeque 1979: with δ = batch mean − mean and n = count + k,
/// mean ← mean + δ·k/n and variance ← (variance·count + batch variance·k + δ²·count·k/n)/n.
/// </summary>
/// <remarks>Starts at mean 0, variance 1 and a count of 10⁻⁴, as in OpenAI Baselines: the first batch all but replaces them.</remarks>
public sealed class RunningMoments
{
    private readonly double[] mean;
    private readonly double[] variance;

    /// <summary>Begins with nothing seen.</summary>
    /// <param name="size">Number of components, D.</param>
    /// <param name="initialCount">Weight of the initial mean 0 and variance 1; positive.</param>
    public RunningMoments(int size, double initialCount = 1e-4)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(initialCount);
        mean = new double[size];
        variance = new double[size];
        Array.Fill(variance, 1.0);
        Count = initialCount;
    }

    /// <summary>Mean per component, [D].</summary>
    public ReadOnlySpan<double> Mean => mean;

    /// <summary>Population variance per component, [D].</summary>
    public ReadOnlySpan<double> Variance => variance;

    /// <summary>Number of vectors seen, the initial count included.</summary>
    public double Count { get; private set; }

    /// <summary>Merges a batch.</summary>
    /// <param name="batch">[K × D], K vectors one after the other; none changes nothing.</param>
    /// <exception cref="ArgumentException">The batch does not consist of whole vectors.</exception>
    public void Update<T>(ReadOnlySpan<T> batch) where T : INumberBase<T>
    {
        var size = mean.Length;
        if (batch.Length % size != 0)
            throw new ArgumentException($"{batch.Length} values do not divide into vectors of {size}.", nameof(batch));
        var rows = batch.Length / size;
        if (rows == 0)
            return;
        var total = Count + rows;
        for (var component = 0; component < size; component++)
        {
            var batchMean = 0.0;
            for (var index = component; index < batch.Length; index += size)
                batchMean += double.CreateChecked(batch[index]);
            batchMean /= rows;
            var squares = 0.0;
            for (var index = component; index < batch.Length; index += size)
            {
                var deviation = double.CreateChecked(batch[index]) - batchMean;
                squares += deviation * deviation;
            }
            var delta = batchMean - mean[component];
            mean[component] += delta * rows / total;
            variance[component] = (variance[component] * Count + squares + delta * delta * Count * rows / total) / total;
        }
        Count = total;
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Count);
        foreach (var value in mean)
            writer.Write(value);
        foreach (var value in variance)
            writer.Write(value);
    }

    /// <summary>Restores what <see cref="Save"/> wrote for as many components.</summary>
    public void Load(BinaryReader reader)
    {
        Count = reader.ReadDouble();
        foreach (ref var value in mean.AsSpan())
            value = reader.ReadDouble();
        foreach (ref var value in variance.AsSpan())
            value = reader.ReadDouble();
    }
}
