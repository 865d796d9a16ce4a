using System.Text.Json.Nodes;
using Gateway.Kubernetes.Manifests;
using YamlDotNet.Core;

namespace Gateway.Tests.Kubernetes.Manifests;

public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("a: 1", """{"a":1}""")]
    [InlineData("a: -9223372036854775808", """{"a":-9223372036854775808}""")]
    [InlineData("a: 9223372036854775808", """{"a":9.223372036854776E+18}""")]
    [InlineData("a: 1.5e3", """{"a":1500}""")]
    [InlineData("a: .inf", """{"a":".inf"}""")]
    [InlineData("a: 1_000", """{"a":"1_000"}""")]
    [InlineData("a: 10.0.0.1", """{"a":"10.0.0.1"}""")]
    [InlineData("a: '1'", """{"a":"1"}""")]
    [InlineData("a: \"true\"", """{"a":"true"}""")]
    [InlineData("a: !!str 1", """{"a":"1"}""")]
    [InlineData("a: true\nb: off", """{"a":true,"b":"off"}""")]
    [InlineData("a:\nb: ~\nc: null", """{"a":null,"b":null,"c":null}""")]
    [InlineData("a: ''", """{"a":""}""")]
    [InlineData("- [x, {y: z}]\n- - 1", """[["x",{"y":"z"}],[1]]""")]
    [InlineData("a: |\n  one\n  two\n", """{"a":"one\ntwo\n"}""")]
    [InlineData("1: x\ntrue: y", """{"1":"x","true":"y"}""")]
    [InlineData("a: &here { b: 1 }\nc: *here\nd: *here", """{"a":{"b":1},"c":{"b":1},"d":{"b":1}}""")]
    [InlineData("&x a: 1\nb: &x 2\nc: *x", """{"a":1,"b":2,"c":2}""")]
    public void Read_Document_IsWhatTheCoreSchemaSays(string yaml, string json)
    {
        var document = Assert.Single(YamlReader.Read(yaml));

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), document.Root), document.Root?.ToJsonString());
    }

    [Fact]
    public void Read_SeveralDocuments_SaysWhereEachBegins()
    {
        var documents = YamlReader.Read("# a comment\na: 1\n---\n# nothing\n---\nb: 2\n...\n");

        Assert.Equal(["""{"a":1}""", null, """{"b":2}"""], documents.Select(static document => document.Root?.ToJsonString()));
        Assert.Equal([2, 3, 5], documents.Select(static document => document.Line).Order().Select(static line => (int)line));
    }

    [Theory]
    [InlineData("a: 1\na: 2", "2:1", "the key a stands here twice")]
    [InlineData("a: &x 1\nb:\n  <<: *x", "3:3", "merge key")]
    [InlineData("[a]: 1", "1:1", "a key that is no text")]
    [InlineData("a: &x [ *x ]", "1:9", "a part of what it names")]
    [InlineData("a: *x", "1:4", "names nothing")]
    [InlineData("a: [1", "", "")]
    [InlineData("a: 1\n b: 2", "2:", "")]
    public void Read_WhatJsonCannotSay_IsRefusedWithItsPlace(string yaml, string place, string why)
    {
        var problem = Assert.ThrowsAny<YamlException>(() => YamlReader.Read(yaml));

        Assert.StartsWith(place, $"{problem.Start.Line}:{problem.Start.Column}", StringComparison.Ordinal);
        Assert.Contains(why, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AliasesOfAliases_AreBounded()
    {
        var lines = Enumerable.Range(1, 20).Select(static i => $"a{i}: &a{i} [ *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1} ]");

        var problem = Assert.ThrowsAny<YamlException>(() => YamlReader.Read($"a0: &a0 x\n{string.Join('\n', lines)}"));

        Assert.Contains("aliases repeat more than 100000 values", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_VeryDeep_IsRefused()
    {
        var problem = Assert.ThrowsAny<YamlException>(() => YamlReader.Read(new string('[', 5000)));

        Assert.Contains("more than 60 levels", problem.Message, StringComparison.Ordinal);
    }
}
