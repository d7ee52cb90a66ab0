using System.Buffers.Binary;
using Slideport.ImageStore.Smb;

namespace Slideport.ImageStore.Tests.Smb;

public sealed class SmbGateTests
{
    private const ushort Write = 9;
    private const ushort Echo = 13;

    [Fact]
    public void What_is_encrypted_leaves() => Assert.True(SmbGate.MayLeave(Head(0xFD, 0, 5000)));

    [Fact]
    public void The_question_whether_the_server_is_there_leaves() => Assert.True(SmbGate.MayLeave(Head(0xFE, Echo, 68)));

    [Theory]
    [InlineData(0xFE, Write, 68)]
    [InlineData(0xFE, Echo, 69)] // something hangs on to it
    [InlineData(0xFE, Echo, 4000)]
    [InlineData(0xFC, 0, 5000)] // compressed
    [InlineData(0xFF, Echo, 68)] // SMB1
    [InlineData(0x00, 0, 0)]
    public void Anything_else_stays(byte first, ushort command, int length) => Assert.False(SmbGate.MayLeave(Head(first, command, length)));

    [Fact]
    public void A_message_chained_to_that_question_stays()
    {
        var head = Head(0xFE, Echo, 68);
        head[24] = 64; // NextCommand

        Assert.False(SmbGate.MayLeave(head));
    }

    private static byte[] Head(byte first, ushort command, int length)
    {
        var head = new byte[SmbGate.HeadBytes];
        BinaryPrimitives.WriteInt32BigEndian(head, length);
        (head[4], head[5], head[6], head[7]) = (first, (byte)'S', (byte)'M', (byte)'B');
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(16), command);
        return head;
    }
}
