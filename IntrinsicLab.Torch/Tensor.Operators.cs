namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);

        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);
        public static Tensor operator -(Scalar left, Tensor right) => right.SubtractedFrom(left);
        public static Tensor operator -(Tensor tensor) => tensor.neg();

        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);

        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        public static Tensor operator /(Scalar left, Tensor right)
        {
            using var reciprocal = right.reciprocal();
            return reciprocal.mul(left);
        }

        public static Tensor operator %(Tensor left, Tensor right) => left.remainder(right);
        public static Tensor operator %(Tensor left, Scalar right) => left.remainder(right);

        public static Tensor operator &(Tensor left, Tensor right) => left.bitwise_and(right);
        public static Tensor operator |(Tensor left, Tensor right) => left.bitwise_or(right);
        public static Tensor operator ^(Tensor left, Tensor right) => left.bitwise_xor(right);
        public static Tensor operator ~(Tensor left) => left.bitwise_not();

        public static Tensor operator ==(Tensor left, Tensor right) => left.eq(right);
        public static Tensor operator ==(Tensor left, Scalar right) => left.eq(right);
        public static Tensor operator ==(Scalar left, Tensor right) => right.eq(left);

        public static Tensor operator !=(Tensor left, Tensor right) => left.ne(right);
        public static Tensor operator !=(Tensor left, Scalar right) => left.ne(right);
        public static Tensor operator !=(Scalar left, Tensor right) => right.ne(left);

        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);
        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);
        public static Tensor operator <(Scalar left, Tensor right) => right.gt(left);

        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);
        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);
        public static Tensor operator <=(Scalar left, Tensor right) => right.ge(left);

        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);
        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);
        public static Tensor operator >(Scalar left, Tensor right) => right.lt(left);

        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);
        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);
        public static Tensor operator >=(Scalar left, Tensor right) => right.le(left);

        public static implicit operator Tensor(Scalar scalar) => scalar.Type switch
        {
            ScalarType.Bool => torch.tensor(scalar.ToBoolean()),
            ScalarType.Int64 => torch.tensor(scalar.ToInt64()),
            _ => torch.tensor(scalar.ToDouble()),
        };

        public static explicit operator bool(Tensor value) => value.ToBoolean();
        public static explicit operator byte(Tensor value) => value.ToByte();
        public static explicit operator sbyte(Tensor value) => value.ToSByte();
        public static explicit operator short(Tensor value) => value.ToInt16();
        public static explicit operator int(Tensor value) => value.ToInt32();
        public static explicit operator long(Tensor value) => value.ToInt64();
        public static explicit operator float(Tensor value) => value.ToSingle();
        public static explicit operator double(Tensor value) => value.ToDouble();

        /// <summary>Rounded division is its own operator; the plain one is kept apart because it is the frequent and faster one.</summary>
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode switch
        {
            RoundingMode.trunc => DivideTruncating(target),
            RoundingMode.floor => DivideFlooring(target),
            _ => Divide(target),
        };

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode switch
        {
            RoundingMode.trunc => DivideTruncating(target),
            RoundingMode.floor => DivideFlooring(target),
            _ => Divide(target),
        };

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode switch
        {
            RoundingMode.trunc => DivideTruncating_(target),
            RoundingMode.floor => DivideFlooring_(target),
            _ => Divide_(target),
        };

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode switch
        {
            RoundingMode.trunc => DivideTruncating_(target),
            RoundingMode.floor => DivideFlooring_(target),
            _ => Divide_(target),
        };

        public Tensor squeeze(long? dim = null) => dim is { } one ? SqueezeOne(one) : SqueezeAll();

        /// <summary>Whether shape and all elements are equal.</summary>
        public bool Equals(Tensor target) => SameElements(target);

        /// <summary>The dimensions in reverse order.</summary>
        public Tensor T
        {
            get
            {
                var order = new long[Dimensions];
                for (var i = 0; i < order.Length; i++)
                    order[i] = order.Length - 1 - i;
                return permute(order);
            }
        }
    }

    public static Tensor div(Tensor left, Tensor right, RoundingMode rounding_mode = RoundingMode.None) => left.div(right, rounding_mode);
    public static Tensor div(Tensor left, Scalar right, RoundingMode rounding_mode = RoundingMode.None) => left.div(right, rounding_mode);
    public static Tensor div_(Tensor left, Tensor right, RoundingMode rounding_mode = RoundingMode.None) => left.div_(right, rounding_mode);
    public static Tensor div_(Tensor left, Scalar right, RoundingMode rounding_mode = RoundingMode.None) => left.div_(right, rounding_mode);
    public static Tensor squeeze(Tensor input, long? dim = null) => input.squeeze(dim);
}

public static class TensorExtensionMethods
{
    public static bool ToBoolean(this torch.Tensor value) => value.Read(item => item != 0, item => item != 0);
    public static byte ToByte(this torch.Tensor value) => value.Read(item => checked((byte)item), item => (byte)item);
    public static sbyte ToSByte(this torch.Tensor value) => value.Read(item => checked((sbyte)item), item => (sbyte)item);
    public static short ToInt16(this torch.Tensor value) => value.Read(item => checked((short)item), item => (short)item);
    public static int ToInt32(this torch.Tensor value) => value.Read(item => checked((int)item), item => (int)item);
    public static long ToInt64(this torch.Tensor value) => value.Read(item => item, item => (long)item);
    public static float ToSingle(this torch.Tensor value) => value.Read(item => (float)item, item => (float)item);
    public static double ToDouble(this torch.Tensor value) => value.Read(item => (double)item, item => item);

    /// <summary>The one element of a tensor of any type.</summary>
    private static T Read<T>(this torch.Tensor value, Func<long, T> fromInteger, Func<double, T> fromReal)
    {
        switch (value.dtype)
        {
            case torch.ScalarType.Bool: return fromInteger(value.item<bool>() ? 1 : 0);
            case torch.ScalarType.Byte: return fromInteger(value.item<byte>());
            case torch.ScalarType.Int8: return fromInteger(value.item<sbyte>());
            case torch.ScalarType.Int16: return fromInteger(value.item<short>());
            case torch.ScalarType.Int32: return fromInteger(value.item<int>());
            case torch.ScalarType.Int64: return fromInteger(value.item<long>());
            case torch.ScalarType.Float32: return fromReal(value.item<float>());
            case torch.ScalarType.Float64: return fromReal(value.item<double>());
            default:
                using (var wide = value.to(torch.ScalarType.Float64))
                    return fromReal(wide.item<double>());
        }
    }
}
