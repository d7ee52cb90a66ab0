using CsCheck;
using Slideport.Dicom.Tests.DataSets;
using Slideport.Fuzz.Targets;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>The fuzz target as an ordinary test.</summary>
public sealed class RandomPduTests
{
    [Fact]
    public void Any_bytes_are_read_alike_twice_or_refused() => Gen.Byte.Array[0, 200].Sample(bytes => PduTarget.Fuzz(bytes), iter: 5000);

    [Fact]
    public void Mutations_of_good_PDUs_are_read_alike_twice_or_refused() =>
        Mutations.Sample([.. PduTarget.Seeds()], bytes => PduTarget.Fuzz(bytes), iterations: 3000);
}
