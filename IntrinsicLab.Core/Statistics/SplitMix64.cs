using System.Runtime.CompilerServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>
/// The generator of every resampling here (Steele, Lea and Flood 2014). Its state after k draws is known without drawing them, so that
/// replicates can be computed in any order, on any number of threads, with one result.
/// </summary>
/// <param name="seed">Begins the sequence.</param>
public struct SplitMix64(ulong seed)
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    private ulong state = seed;

    /// <summary>The generator as it is after a number of draws.</summary>
    /// <param name="seed">Begins the sequence.</param>
    /// <param name="draws">How many are passed over.</param>
    public static SplitMix64 After(ulong seed, ulong draws) => new(unchecked(seed + draws * Increment));

    /// <summary>The next 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next()
    {
        unchecked
        {
            var mixed = state += Increment;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return mixed ^ (mixed >> 31);
        }
    }

    /// <summary>A whole number from 0 to <paramref name="count"/> − 1; one draw.</summary>
    /// <param name="count">How many there are, below 2³².</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Below(int count) => (int)(((Next() >> 32) * (ulong)count) >> 32);
}
