using System.Numerics;
using System.Text;

namespace IntrinsicLab.Core;

/// <summary>
/// The only source of randomness in Core: xoshiro256** seeded by SplitMix64 (Blackman and Vigna 2021). Equal seeds give equal
/// sequences on every machine; the whole state fits into a checkpoint.
/// </summary>
public sealed class Rng
{
    private readonly ulong seed;
    private ulong s0, s1, s2, s3;
    private double spareGaussian;
    private bool hasSpareGaussian;

    /// <summary>Starts the sequence that belongs to <paramref name="seed"/>.</summary>
    public Rng(ulong seed)
    {
        this.seed = seed;
        var mixer = seed;
        s0 = SplitMix(ref mixer);
        s1 = SplitMix(ref mixer);
        s2 = SplitMix(ref mixer);
        s3 = SplitMix(ref mixer);
    }

    /// <summary>
    /// A generator that depends on this one's seed and on <paramref name="name"/> alone, not on how many numbers were drawn: named
    /// streams let one part of a program change its consumption without disturbing another.
    /// </summary>
    public Rng Split(string name)
    {
        unchecked
        {
            var hash = 0xcbf29ce484222325UL;
            foreach (var value in Encoding.UTF8.GetBytes(name))
                hash = (hash ^ value) * 0x100000001b3UL;
            var mixer = seed ^ BitOperations.RotateLeft(hash, 17);
            return new Rng(SplitMix(ref mixer) ^ hash);
        }
    }

    /// <summary>As <see cref="Split(string)"/>, for the members of a family.</summary>
    public Rng Split(string name, int index) => Split($"{name}/{index}");

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        unchecked
        {
            var result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
            var shifted = s1 << 17;
            s2 ^= s0;
            s3 ^= s1;
            s1 ^= s2;
            s0 ^= s3;
            s2 ^= shifted;
            s3 = BitOperations.RotateLeft(s3, 45);
            return result;
        }
    }

    /// <summary>Uniform in [0, 1), 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform over 0 … <paramref name="count"/> − 1, without modulo bias (Lemire 2019).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not positive.</exception>
    public int NextInt(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        unchecked
        {
            var range = (ulong)count;
            var high = Math.BigMul(NextUInt64(), range, out var low);
            if (low < range)
                for (var threshold = (0UL - range) % range; low < threshold;)
                    high = Math.BigMul(NextUInt64(), range, out low);
            return (int)high;
        }
    }

    /// <summary>Standard normal (Marsaglia's polar method; the second value of a pair is kept and is part of the state).</summary>
    public double NextGaussian()
    {
        if (hasSpareGaussian)
        {
            hasSpareGaussian = false;
            return spareGaussian;
        }
        double u, v, squared;
        do
        {
            u = 2.0 * NextDouble() - 1.0;
            v = 2.0 * NextDouble() - 1.0;
            squared = u * u + v * v;
        }
        while (squared >= 1.0 || squared == 0.0);
        var factor = Math.Sqrt(-2.0 * Math.Log(squared) / squared);
        spareGaussian = v * factor;
        hasSpareGaussian = true;
        return u * factor;
    }

    /// <summary>Fisher and Yates' shuffle, in place.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var last = items.Length - 1; last > 0; last--)
        {
            var other = NextInt(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(seed);
        writer.Write(s0);
        writer.Write(s1);
        writer.Write(s2);
        writer.Write(s3);
        writer.Write(hasSpareGaussian);
        writer.Write(spareGaussian);
    }

    /// <summary>Restores a state written by <see cref="Save"/>, so that the sequence goes on where it was.</summary>
    public static Rng Load(BinaryReader reader) => new(reader.ReadUInt64())
    {
        s0 = reader.ReadUInt64(),
        s1 = reader.ReadUInt64(),
        s2 = reader.ReadUInt64(),
        s3 = reader.ReadUInt64(),
        hasSpareGaussian = reader.ReadBoolean(),
        spareGaussian = reader.ReadDouble(),
    };

    private static ulong SplitMix(ref ulong state)
    {
        unchecked
        {
            state += 0x9e3779b97f4a7c15UL;
            var mixed = state;
            mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9UL;
            mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebUL;
            return mixed ^ (mixed >> 31);
        }
    }
}
