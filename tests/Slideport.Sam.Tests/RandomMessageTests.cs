using CsCheck;
using Slideport.Dicom.Tests.DataSets;
using Slideport.Fuzz.Targets;

namespace Slideport.Sam.Tests;

/// <summary>The fuzz target as an ordinary test.</summary>
public sealed class RandomMessageTests
{
    [Fact]
    public void Any_bytes_are_a_message_or_cannot_be_read() => Gen.Byte.Array[0, 200].Sample(bytes => SamMessagesTarget.Fuzz(bytes), iter: 5000);

    [Fact]
    public void Mutations_of_good_messages_are_read_and_judged_without_an_accident() =>
        Mutations.Sample([.. SamMessagesTarget.Seeds()], bytes => SamMessagesTarget.Fuzz(bytes), iterations: 20_000);
}
