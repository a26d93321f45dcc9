using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A number as an operator's argument: integer, real or boolean.</summary>
public sealed class Scalar : IDisposable
{
    internal Value Value { get; }

    internal Scalar(Value value) => Value = value;

    public ScalarType Type => Value.Tag switch
    {
        Tag.Int => ScalarType.Int64,
        Tag.Bool => ScalarType.Bool,
        _ => ScalarType.Float64,
    };

    public static implicit operator Scalar(byte value) => value.ToScalar();
    public static implicit operator Scalar(sbyte value) => value.ToScalar();
    public static implicit operator Scalar(short value) => value.ToScalar();
    public static implicit operator Scalar(int value) => value.ToScalar();
    public static implicit operator Scalar(long value) => value.ToScalar();
    public static implicit operator Scalar(float value) => value.ToScalar();
    public static implicit operator Scalar(double value) => value.ToScalar();
    public static implicit operator Scalar(bool value) => value.ToScalar();

    /// <summary>Nothing to release: the number lives in this object.</summary>
    public void Dispose() { }
}

public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => new(Value.Of((long)value));
    public static Scalar ToScalar(this sbyte value) => new(Value.Of((long)value));
    public static Scalar ToScalar(this short value) => new(Value.Of((long)value));
    public static Scalar ToScalar(this int value) => new(Value.Of((long)value));
    public static Scalar ToScalar(this long value) => new(Value.Of(value));
    public static Scalar ToScalar(this float value) => new(Value.Of((double)value));
    public static Scalar ToScalar(this double value) => new(Value.Of(value));
    public static Scalar ToScalar(this bool value) => new(Value.Of(value));

    public static float ToSingle(this Scalar value) => (float)value.ToDouble();
    public static double ToDouble(this Scalar value) => value.Value.Tag == Tag.Double ? value.Value.Real : value.Value.Integer;
    public static int ToInt32(this Scalar value) => checked((int)value.ToInt64());
    public static long ToInt64(this Scalar value) => value.Value.Tag == Tag.Double ? (long)value.Value.Real : value.Value.Integer;
    public static byte ToByte(this Scalar value) => checked((byte)value.ToInt64());
    public static sbyte ToSByte(this Scalar value) => checked((sbyte)value.ToInt64());
    public static short ToInt16(this Scalar value) => checked((short)value.ToInt64());
    public static bool ToBoolean(this Scalar value) => value.ToDouble() != 0;
}
