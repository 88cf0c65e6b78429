package fleet

func gameBugs() []*Bug {
	const p = "com.globex.game."
	return []*Bug{
		{
			Name: "shader", Kind: KindCrash, Weight: 40,
			Type: "java.lang.IllegalStateException", Message: "Shader {id} did not link",
			Frames: []string{
				p + "gl.Shader.link(Shader.java:{144})",
				p + "gl.Shader.use(Shader.java:{98})",
				p + "gl.Scene.draw(Scene.java:{310})",
				p + "gl.GameRenderer.onDrawFrame(GameRenderer.java:{77})",
				"android.opengl.GLSurfaceView$GLThread.guardedRun(GLSurfaceView.java:1573)",
				"android.opengl.GLSurfaceView$GLThread.run(GLSurfaceView.java:1272)",
			},
			Entry: EntryPool,
		},
		{
			Name: "saved game", Kind: KindCrash, Weight: 40, Releases: []int{2},
			Type: "java.lang.ClassCastException", Message: "java.lang.Integer cannot be cast to java.lang.Long in slot {n}",
			Frames: []string{
				p + "save.SaveFile.readSlot(SaveFile.kt:{61})",
				p + "save.SaveFile.load(SaveFile.kt:{30})",
				p + "save.SaveStore$restore${l}.invokeSuspend(SaveStore.kt:{44})",
			},
			Entry: EntryCoroutine,
		},
		{
			Name: "assets on the main thread", Kind: KindANR, Weight: 1,
			Frames: []string{
				"android.content.res.AssetManager.nativeAssetRead(Native Method)",
				"android.content.res.AssetManager$AssetInputStream.read(AssetManager.java:1201)",
				p + "assets.AssetPack.unpack(AssetPack.java:{205})",
				p + "assets.AssetPack.open(AssetPack.java:{77})",
				p + "LevelActivity.startLevel(LevelActivity.kt:{133})",
			},
		},
		{
			Name: "audio session", Kind: KindCrash, Language: Apple, Weight: 30,
			Type: "NSInvalidArgumentException", Message: "required condition is false: player {id} started",
			Frames: []string{
				"AVFoundation -[AVAudioPlayerNode play] 64",
				"! AudioMixer.play {168}",
				"! AudioMixer.resume {52}",
				"! LevelScene.entered {230}",
			},
		},
		{
			Name: "booster", Kind: KindError, Language: JavaScript, Weight: 60, Releases: []int{1},
			Type: "TypeError", Message: "Cannot read property 'total' of undefined",
			Frames: []string{"boosterPrice 482113", "renderBooster 480990", "onStorePress 233871", "_performTransitionSideEffects 150044"},
		},
		{
			Name: "score", Kind: KindError, Language: JavaScript, Weight: 40, Releases: []int{2},
			Type: "RangeError", Message: "Invalid score {id}",
			Frames: []string{"formatScore 512904", "renderScoreboard 511020", "onLevelEnd 240113", "dispatchLevelEvent 151002"},
		},
		{
			Name: "advertisement", Kind: KindError, Weight: 40,
			Type: "com.globex.game.ads.NoFillException", Message: "No fill for slot {id}",
			Frames: []string{
				p + "ads.AdSlot.show(AdSlot.java:{88})",
				p + "ads.AdSlot.request(AdSlot.java:{51})",
				p + "ads.AdScheduler$$ExternalSyntheticLambda{l}.run(D8$$SyntheticClass:0)",
			},
			Entry: EntryLoop,
		},
	}
}
